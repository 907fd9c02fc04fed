{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwOWQzNDNjMzdkZTBiYmExNDNiN2ZmNDVmODJjMGFiOTMwODUzMWRjYzc4YjU2YjhlYjQwYzU5MzhjNGJlNDE4IiwibmFtZSI6ImNvbmZpZy5qc29uIn0seyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIxYTI1OTUzNDY1YWI2NzFkNTRiMzAxMDhhOTk1MWI1NTAwZmE0MDk5NDA5OGVmOTQ2Mzg1MzAwNGRhNzkzM2UxIiwibmFtZSI6InN1Yi92b2NhYi50eHQifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImFubm90YXRpb25zIjp7InNpemUiOjI2fSwiZGlnZXN0IjoiMGMyMzhmMGI2OGY5ZmY3ZGQ5NmU5YzljYjI1ZTllNWUwMzg2ZWE1NjRlMTE4Y2E1MmRhODFkZmZkMjhmYmE5MCIsIm5hbWUiOiJ3ZWlnaHRzLmJpbiJ9XSwic2VyaWFsaXphdGlvbiI6eyJhbGxvd19zeW1saW5rcyI6ZmFsc2UsImhhc2hfdHlwZSI6InNoYTI1NiIsImlnbm9yZV9wYXRocyI6WyIuZ2l0IiwiLmdpdGlnbm9yZSIsIi5naXRhdHRyaWJ1dGVzIiwiLmdpdGh1YiJdLCJtZXRob2QiOiJmaWxlcyJ9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImFubm90YXRpb25zIjp7ImNvbnRhaW5lciI6ImZvbGRlciIsImtleV9pZCI6ImVkODc3MmNmOWJhODIxZjg5N2UxYjE3OWViNjUwYzVlYjcxODMzZmQxNTczYTNlN2U5OGI2ZTdkOWU5N2QxNDciLCJzaWduZWRfYXQiOiIyMDI1LTAzLTA0VDA1OjA2OjA3LjEyMzQ1NiswMDowMCIsInNpZ25lciI6InRyYWluaW5nLXBpcGVsaW5lQG1sLXRlYW0ifSwiZGlnZXN0Ijp7InNoYTI1NiI6IjIyN2U4Njg4NTRhZmI2NDkyYjRlYWVmZmM0NWM0Y2RlNzNhYTk0NGUxYjE0MGQzZWI3ZTNkY2FjMjM1MjE5NjAifSwibmFtZSI6Im1vZGVsIn1dfQ==",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIDL8Ztfl4TqSz8N2QtP+g+9B4iR90c+Ifz5DBDjpqjXJAiEAn9oBc4hNKb1gPidO2FsyUFoZVeMj6pbjTvX6Z8zcKQw=",
        "keyid": ""
      }
    ]
  }
}