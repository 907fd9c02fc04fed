{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIxYTI1OTUzNDY1YWI2NzFkNTRiMzAxMDhhOTk1MWI1NTAwZmE0MDk5NDA5OGVmOTQ2Mzg1MzAwNGRhNzkzM2UxIiwibmFtZSI6Ii4uLmJpbiJ9XSwic2VyaWFsaXphdGlvbiI6eyJhbGxvd19zeW1saW5rcyI6ZmFsc2UsImhhc2hfdHlwZSI6InNoYTI1NiIsImlnbm9yZV9wYXRocyI6WyIuZ2l0IiwiLmdpdGlnbm9yZSIsIi5naXRhdHRyaWJ1dGVzIiwiLmdpdGh1YiJdLCJtZXRob2QiOiJmaWxlcyJ9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImRpZ2VzdCI6eyJzaGEyNTYiOiI4OGY3NmZkZTBlOTk1NzA1MDYzZGU4MzdhYzA4NzhhZjNjYjAxYTI2YWY0ZTU0MDRkMjJiNWE2NDZkODc0Y2NmIn0sIm5hbWUiOiJtb2RlbCJ9XX0=",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIQDm5C4ihcCeJHcPnJRZvvzIJlIe0gUrT5O3y57zDCLFngIgSkKNbnl27KCFGbe/70BlAnly6eT9d0pJrT4RPaiVfe4=",
        "keyid": ""
      }
    ]
  }
}