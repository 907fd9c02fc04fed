{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwOWQzNDNjMzdkZTBiYmExNDNiN2ZmNDVmODJjMGFiOTMwODUzMWRjYzc4YjU2YjhlYjQwYzU5MzhjNGJlNDE4IiwibmFtZSI6ImNvbmZpZy5qc29uIn0seyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIxYTI1OTUzNDY1YWI2NzFkNTRiMzAxMDhhOTk1MWI1NTAwZmE0MDk5NDA5OGVmOTQ2Mzg1MzAwNGRhNzkzM2UxIiwibmFtZSI6InN1Yi92b2NhYi50eHQifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImRpZ2VzdCI6IjBjMjM4ZjBiNjhmOWZmN2RkOTZlOWM5Y2IyNWU5ZTVlMDM4NmVhNTY0ZTExOGNhNTJkYTgxZGZmZDI4ZmJhOTAiLCJuYW1lIjoid2VpZ2h0cy5iaW4ifV0sInNlcmlhbGl6YXRpb24iOnsiYWxsb3dfc3ltbGlua3MiOmZhbHNlLCJoYXNoX3R5cGUiOiJzaGEyNTYiLCJpZ25vcmVfcGF0aHMiOlsiLmdpdCIsIi5naXRpZ25vcmUiLCIuZ2l0YXR0cmlidXRlcyIsIi5naXRodWIiXSwibWV0aG9kIjoiZmlsZXMifX0sInByZWRpY2F0ZVR5cGUiOiJodHRwczovL21vZGVsX3NpZ25pbmcvc2lnbmF0dXJlL3YxLjAiLCJzdWJqZWN0IjpbeyJhbm5vdGF0aW9ucyI6eyJjb250YWluZXIiOiJtYW5pZmVzdCIsImtleV9pZCI6ImVkODc3MmNmOWJhODIxZjg5N2UxYjE3OWViNjUwYzVlYjcxODMzZmQxNTczYTNlN2U5OGI2ZTdkOWU5N2QxNDciLCJzaWduZWRfYXQiOiIyMDI1LTAzLTA0VDA1OjA2OjA3LjEyMzQ1NiswMDowMCIsInNpZ25lciI6InRyYWluaW5nLXBpcGVsaW5lQG1sLXRlYW0ifSwiZGlnZXN0Ijp7InNoYTI1NiI6IjIyN2U4Njg4NTRhZmI2NDkyYjRlYWVmZmM0NWM0Y2RlNzNhYTk0NGUxYjE0MGQzZWI3ZTNkY2FjMjM1MjE5NjAifSwibmFtZSI6Im1vZGVsIn1dfQ==",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCICwG8Hetf9jeu84PhDjJdjUZlBxR+0nSksjiOOtIHn1yAiEA9tcoRBi2j9fLaNRk9Q+izxDoucHscfkWli18pO6oqJs=",
        "keyid": ""
      }
    ]
  }
}