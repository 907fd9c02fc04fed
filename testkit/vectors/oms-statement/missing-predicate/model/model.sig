{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwic3ViamVjdCI6W3siZGlnZXN0Ijp7InNoYTI1NiI6IjIyN2U4Njg4NTRhZmI2NDkyYjRlYWVmZmM0NWM0Y2RlNzNhYTk0NGUxYjE0MGQzZWI3ZTNkY2FjMjM1MjE5NjAifSwibmFtZSI6Im1vZGVsIn1dfQ==",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIDdP1q4utZscGv6uGq+8qG+25VF1EG57n8/s7Du1oBF4AiEA4hecBlbKmRHDmHqI9jFNAjXeN009FQKRL4PJhcZV6no=",
        "keyid": ""
      }
    ]
  }
}