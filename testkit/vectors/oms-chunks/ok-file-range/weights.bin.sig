{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJhbm5vdGF0aW9ucyI6eyJjaHVua3MiOnsicm9vdCI6ImY2ZGMzNjZlYzkyOTZjYTUyNjVlZTZmYzExNjM1MjFiMjk4OWRhYzkyOTEyMDExMTUyNjdjMmU4ZTNjYzRiNTYiLCJzaXplIjoxMDQ4NTc2fSwic2l6ZSI6MjYyMTQ0MH0sImRpZ2VzdCI6IjYxNmMxN2VkYzBjODBjOTJlOTQxYTkzNmIxNzcwMzk2YjBiNjRhZWQ2Njc3MWQyOGIyZjdkZmJjYzc0ZTUzY2YiLCJuYW1lIjoiLiJ9XSwic2VyaWFsaXphdGlvbiI6eyJhbGxvd19zeW1saW5rcyI6ZmFsc2UsImhhc2hfdHlwZSI6InNoYTI1NiIsImlnbm9yZV9wYXRocyI6W10sIm1ldGhvZCI6ImZpbGVzIn19LCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwic3ViamVjdCI6W3siYW5ub3RhdGlvbnMiOnsiY29udGFpbmVyIjoiZmlsZSIsImtleV9pZCI6ImVkODc3MmNmOWJhODIxZjg5N2UxYjE3OWViNjUwYzVlYjcxODMzZmQxNTczYTNlN2U5OGI2ZTdkOWU5N2QxNDciLCJzaWduZWRfYXQiOiIyMDI1LTAzLTA0VDA1OjA2OjA3LjEyMzQ1NiswMDowMCIsInNpZ25lciI6InRyYWluaW5nLXBpcGVsaW5lQG1sLXRlYW0ifSwiZGlnZXN0Ijp7InNoYTI1NiI6ImYxNjM4NTY5OWZjMTczZTBkZjU1NGY4MGFlMTE3ODU4NGUxNzQ3NTVjZDk2OTAwZDQyMzI2ZTRhZTU5MTE2NTUifSwibmFtZSI6Im1vZGVsIn1dfQ==",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEQCIBuY9yueLFIRZBIf1+2wu5+7IIgxwlkER5dViZ5Ew798AiBhnPpjn0QLYaP4ZRVm1yd1TDWwYfGECQE0Rrs72jHrZw==",
        "keyid": ""
      }
    ]
  }
}