{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiI2ZTM0MGI5Y2ZmYjM3YTk4OWNhNTQ0ZTZiYjc4MGEyYzc4OTAxZDNmYjMzNzM4NzY4NTExYTMwNjE3YWZhMDFkIiwibmFtZSI6ImNhY2hlL2EvYi5iaW4ifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImRpZ2VzdCI6IjA5ZDM0M2MzN2RlMGJiYTE0M2I3ZmY0NWY4MmMwYWI5MzA4NTMxZGNjNzhiNTZiOGViNDBjNTkzOGM0YmU0MTgiLCJuYW1lIjoiY29uZmlnLmpzb24ifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImRpZ2VzdCI6IjU4OTFiNWI1MjJkNWRmMDg2ZDBmZjBiMTEwZmJkOWQyMWJiNGZjNzE2M2FmMzRkMDgyODZhMmU4NDZmNmJlMDMiLCJuYW1lIjoibm90ZXMudHh0In0seyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIxYTI1OTUzNDY1YWI2NzFkNTRiMzAxMDhhOTk1MWI1NTAwZmE0MDk5NDA5OGVmOTQ2Mzg1MzAwNGRhNzkzM2UxIiwibmFtZSI6InN1Yi92b2NhYi50eHQifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImRpZ2VzdCI6IjBjMjM4ZjBiNjhmOWZmN2RkOTZlOWM5Y2IyNWU5ZTVlMDM4NmVhNTY0ZTExOGNhNTJkYTgxZGZmZDI4ZmJhOTAiLCJuYW1lIjoid2VpZ2h0cy5iaW4ifV0sInNlcmlhbGl6YXRpb24iOnsiYWxsb3dfc3ltbGlua3MiOmZhbHNlLCJoYXNoX3R5cGUiOiJzaGEyNTYiLCJpZ25vcmVfcGF0aHMiOlsiY2FjaGUiXSwibWV0aG9kIjoiZmlsZXMifX0sInByZWRpY2F0ZVR5cGUiOiJodHRwczovL21vZGVsX3NpZ25pbmcvc2lnbmF0dXJlL3YxLjAiLCJzdWJqZWN0IjpbeyJkaWdlc3QiOnsic2hhMjU2IjoiZjBmNTgxMThjM2Q0NThlZDUwNDc2ZDY2YzI0YzNmNDI5M2FlOWZhNmE0NzEzNmJlMDlkZThjYTU5MzMyMjQxNiJ9LCJuYW1lIjoibW9kZWwifV19",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIBQwH5BR55+iVI/wNl8DRIGcadwIpX1ib1zzPXXHxGG0AiEAo/sxklJLumk/aNGmb+FNOBYpOHwZOlfk5N/kGTLm838=",
        "keyid": ""
      }
    ]
  }
}