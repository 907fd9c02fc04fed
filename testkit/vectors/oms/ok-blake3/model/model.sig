{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJibGFrZTMiLCJkaWdlc3QiOiJiNDA5ZjNhMThjYWRmYzI5NmRjMWUwYmMxYWY4Y2ZjMjhiZTA1NmY4NjlmMWFmZmI3MTAzNTdhOTc0MGYyYzA3IiwibmFtZSI6ImNvbmZpZy5qc29uIn0seyJhbGdvcml0aG0iOiJibGFrZTMiLCJkaWdlc3QiOiJkMTQ5NjY0MThmMzc5OTFjNzM1NGQwZDRlNjQ1MTA2MWZiNjA5MDVlNTliYzY1NGQwNGFjN2UwZmYzYWUzOThmIiwibmFtZSI6InN1Yi92b2NhYi50eHQifSx7ImFsZ29yaXRobSI6ImJsYWtlMyIsImRpZ2VzdCI6ImY4OGE1OTY1N2FiZThlZWQ4YWVhNWNmNjcwYjI5NzVlMmE0NDk3OWY1MmUxNmViYzdiNzY0YTJhNTBiYmM2ZmYiLCJuYW1lIjoid2VpZ2h0cy5iaW4ifV0sInNlcmlhbGl6YXRpb24iOnsiYWxsb3dfc3ltbGlua3MiOmZhbHNlLCJoYXNoX3R5cGUiOiJibGFrZTMiLCJpZ25vcmVfcGF0aHMiOlsiLmdpdCIsIi5naXRpZ25vcmUiLCIuZ2l0YXR0cmlidXRlcyIsIi5naXRodWIiXSwibWV0aG9kIjoiZmlsZXMifX0sInByZWRpY2F0ZVR5cGUiOiJodHRwczovL21vZGVsX3NpZ25pbmcvc2lnbmF0dXJlL3YxLjAiLCJzdWJqZWN0IjpbeyJkaWdlc3QiOnsic2hhMjU2IjoiNjY0MmNiYjFjMjFmNjM4MGRmYTFjYmM3NDQ0NDI2ODhjYmU0NTkwNjg1YWFkMWQ0YjBkZTRjNWE4YzMzZTMzNyJ9LCJuYW1lIjoibW9kZWwifV19",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIH9hoKuUNxuEnKv9a0Ss19QcC6It6GhETvzlBOHCNrcTAiEA7oYeqyhg99Krh5ci0hj4rgAYtkUDWZeRuzLypp743Yo=",
        "keyid": ""
      }
    ]
  }
}