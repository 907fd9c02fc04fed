{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiI3ZTRmYTJlYjhjN2FjMDg5NzM5ZDVkZWZjNDQ4OWZhZDY4YTEwMGQ5MjA4MmNhMzVjNmI0MGE0NTI0ODIxZjg3IiwibmFtZSI6ImEvYiJ9LHsiYWxnb3JpdGhtIjoic2hhMjU2IiwiZGlnZXN0IjoiMWEyNTk1MzQ2NWFiNjcxZDU0YjMwMTA4YTk5NTFiNTUwMGZhNDA5OTQwOThlZjk0NjM4NTMwMDRkYTc5MzNlMSIsIm5hbWUiOiJhLWIifV0sInNlcmlhbGl6YXRpb24iOnsiYWxsb3dfc3ltbGlua3MiOmZhbHNlLCJoYXNoX3R5cGUiOiJzaGEyNTYiLCJpZ25vcmVfcGF0aHMiOlsiLmdpdCIsIi5naXRpZ25vcmUiLCIuZ2l0YXR0cmlidXRlcyIsIi5naXRodWIiXSwibWV0aG9kIjoiZmlsZXMifX0sInByZWRpY2F0ZVR5cGUiOiJodHRwczovL21vZGVsX3NpZ25pbmcvc2lnbmF0dXJlL3YxLjAiLCJzdWJqZWN0IjpbeyJkaWdlc3QiOnsic2hhMjU2IjoiZGY4MmY3Y2FjMjRkNzY4ODZjNTllNGM5YjVjOTAxNWFiOGQ1Yzk1NDg5MDljMTYxMzMxNjFjOWM0NjIzZDU1OCJ9LCJuYW1lIjoibW9kZWwifV19",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEQCIB/alp/RTT4sqCPPtp83fFPOLu3sKZGu+Z3PEa7wBvhIAiAwP3WlzCrbatpr/XH1r2rfMpdcgJlXKwHLdkDtQLTzKg==",
        "keyid": ""
      }
    ]
  }
}