{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOltdLCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwic3ViamVjdCI6W3siZGlnZXN0Ijp7InNoYTI1NiI6IjIyN2U4Njg4NTRhZmI2NDkyYjRlYWVmZmM0NWM0Y2RlNzNhYTk0NGUxYjE0MGQzZWI3ZTNkY2FjMjM1MjE5NjAifSwibmFtZSI6Im1vZGVsIn1dfQ==",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIQD3mNacRvwdrjP4PIkWTspVnKl9bX/yBROulsbRQv5e2wIgXFwdua49KxVgWPu/cIGSyNvTntj1F9eBLV63Gbe4Pn4=",
        "keyid": ""
      }
    ]
  }
}