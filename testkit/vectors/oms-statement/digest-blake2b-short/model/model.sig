{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJibGFrZTJiIiwiZGlnZXN0IjoiOWYyMDFjZDBkMzIzYzYwNWQ4M2RmMWRjZTZhYzY1MDRjYmFlNWVkODk4NWFiNzYzMjg0MmU4Y2RjZjVjZDI4YzJkMThmYjI3NTQwOGI2NTRkYzg5YjcxYWZmOGRkMTg1MTBkYTE1YjkyZGJiOTI3N2RkYzYzMjZjNzg1MWJiNWQiLCJuYW1lIjoiY29uZmlnLmpzb24ifSx7ImFsZ29yaXRobSI6ImJsYWtlMmIiLCJkaWdlc3QiOiIxYTI1OTUzNDY1YWI2NzFkNTRiMzAxMDhhOTk1MWI1NTAwZmE0MDk5NDA5OGVmOTQ2Mzg1MzAwNGRhNzkzM2UxIiwibmFtZSI6InN1Yi92b2NhYi50eHQifSx7ImFsZ29yaXRobSI6ImJsYWtlMmIiLCJkaWdlc3QiOiIzOTQ3ZDI1ZGVmN2QzYjMzODNjMGFlMTUxNGVlYjE2ZDNiY2VjZjIxODFkYjFjMWY0YTI0NTUwZWRlN2U5ODVhMjQ3OTZmYWZiYjBjZWE4NTJjMmFlMWQ1NzVjZGNjZTJiMTEyOTI5M2EyMWIxZmZmM2EyMDRlOTJmYzEzZTI3MyIsIm5hbWUiOiJ3ZWlnaHRzLmJpbiJ9XSwic2VyaWFsaXphdGlvbiI6eyJhbGxvd19zeW1saW5rcyI6ZmFsc2UsImhhc2hfdHlwZSI6ImJsYWtlMmIiLCJpZ25vcmVfcGF0aHMiOlsiLmdpdCIsIi5naXRpZ25vcmUiLCIuZ2l0YXR0cmlidXRlcyIsIi5naXRodWIiXSwibWV0aG9kIjoiZmlsZXMifX0sInByZWRpY2F0ZVR5cGUiOiJodHRwczovL21vZGVsX3NpZ25pbmcvc2lnbmF0dXJlL3YxLjAiLCJzdWJqZWN0IjpbeyJkaWdlc3QiOnsic2hhMjU2IjoiZTc3M2IwZWFiMjVlZWJjMmM2ODYzZWZkZjEwYjM1MjQ5NWQwYWY0ZWY5NTBlNTY4NGEyNjMyMWVhNTRlNTA5OSJ9LCJuYW1lIjoibW9kZWwifV19",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEYCIQDkQCkudvQsjR5nLEjnhLWATb0HVvDzRrivghzuoDSAbAIhAONhZQh7m7rzr5Aq3q13jj8tT15S+gIGOLXefUFVRPuf",
        "keyid": ""
      }
    ]
  }
}