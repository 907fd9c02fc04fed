{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwOWQzNDNjMzdkZTBiYmExNDNiN2ZmNDVmODJjMGFiOTMwODUzMWRjYzc4YjU2YjhlYjQwYzU5MzhjNGJlNDE4IiwibmFtZSI6ImNvbmZpZy5qc29uIn0seyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIxYTI1OTUzNDY1YWI2NzFkNTRiMzAxMDhhOTk1MWI1NTAwZmE0MDk5NDA5OGVmOTQ2Mzg1MzAwNGRhNzkzM2UxIiwibmFtZSI6InN1Yi92b2NhYi50eHQifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImRpZ2VzdCI6IjBjMjM4ZjBiNjhmOWZmN2RkOTZlOWM5Y2IyNWU5ZTVlMDM4NmVhNTY0ZTExOGNhNTJkYTgxZGZmZDI4ZmJhOTAiLCJuYW1lIjoid2VpZ2h0cy5iaW4ifV0sInNlcmlhbGl6YXRpb24iOnsiYWxsb3dfc3ltbGlua3MiOmZhbHNlLCJoYXNoX3R5cGUiOiJzaGEyNTYiLCJpZ25vcmVfcGF0aHMiOlsiLmdpdCIsIi5naXRpZ25vcmUiLCIuZ2l0YXR0cmlidXRlcyIsIi5naXRodWIiXSwibWV0aG9kIjoiZmlsZXMifX0sInByZWRpY2F0ZVR5cGUiOiJodHRwczovL21vZGVsX3NpZ25pbmcvc2lnbmF0dXJlL3YxLjAiLCJzdWJqZWN0IjpbeyJhbm5vdGF0aW9ucyI6ImZvbGRlciIsImRpZ2VzdCI6eyJzaGEyNTYiOiIyMjdlODY4ODU0YWZiNjQ5MmI0ZWFlZmZjNDVjNGNkZTczYWE5NDRlMWIxNDBkM2ViN2UzZGNhYzIzNTIxOTYwIn0sIm5hbWUiOiJtb2RlbCJ9XX0=",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIQD+A5F/Oxv85AoSf6BUsjVF4WAuxOl1Zzw5jO+/uDK6hgIgFtsJY3jNCvdgsnQFHj77TBmg1IDe1z67kcc9907FJ2M=",
        "keyid": ""
      }
    ]
  }
}