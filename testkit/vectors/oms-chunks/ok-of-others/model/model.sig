{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJhbm5vdGF0aW9ucyI6eyJzaXplIjoxNH0sImRpZ2VzdCI6IjA5ZDM0M2MzN2RlMGJiYTE0M2I3ZmY0NWY4MmMwYWI5MzA4NTMxZGNjNzhiNTZiOGViNDBjNTkzOGM0YmU0MTgiLCJuYW1lIjoiY29uZmlnLmpzb24ifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImFubm90YXRpb25zIjp7InNpemUiOjZ9LCJkaWdlc3QiOiIxYTI1OTUzNDY1YWI2NzFkNTRiMzAxMDhhOTk1MWI1NTAwZmE0MDk5NDA5OGVmOTQ2Mzg1MzAwNGRhNzkzM2UxIiwibmFtZSI6InN1Yi92b2NhYi50eHQifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImFubm90YXRpb25zIjp7ImNodW5rcyI6eyJyb290IjoiZDRiZTJlZDNiMDFhNjRlOTliMTNjMzdmM2U4Yjk4MTIzNGRiNjJkMjQzODQyMTNhYjQ0YWYxNzVhYmI0N2ZiNCIsInNpemUiOjEwNDg1NzZ9LCJzaXplIjoyNX0sImRpZ2VzdCI6IjBjMjM4ZjBiNjhmOWZmN2RkOTZlOWM5Y2IyNWU5ZTVlMDM4NmVhNTY0ZTExOGNhNTJkYTgxZGZmZDI4ZmJhOTAiLCJuYW1lIjoid2VpZ2h0cy5iaW4ifV0sInNlcmlhbGl6YXRpb24iOnsiYWxsb3dfc3ltbGlua3MiOmZhbHNlLCJoYXNoX3R5cGUiOiJzaGEyNTYiLCJpZ25vcmVfcGF0aHMiOlsiLmdpdCIsIi5naXRpZ25vcmUiLCIuZ2l0YXR0cmlidXRlcyIsIi5naXRodWIiXSwibWV0aG9kIjoiZmlsZXMifX0sInByZWRpY2F0ZVR5cGUiOiJodHRwczovL21vZGVsX3NpZ25pbmcvc2lnbmF0dXJlL3YxLjAiLCJzdWJqZWN0IjpbeyJkaWdlc3QiOnsic2hhMjU2IjoiMjI3ZTg2ODg1NGFmYjY0OTJiNGVhZWZmYzQ1YzRjZGU3M2FhOTQ0ZTFiMTQwZDNlYjdlM2RjYWMyMzUyMTk2MCJ9LCJuYW1lIjoibW9kZWwifV19",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEYCIQDD0eMGd32wT3u5qCHm9l6HvhkwzewaoyiSyq0j4uALWwIhAKkSGkofwwl5zbVTDhiN2Y4a80TCAoxgMHgxPc5bcFuD",
        "keyid": ""
      }
    ]
  }
}