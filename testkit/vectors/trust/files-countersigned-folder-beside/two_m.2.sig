{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "f7cc690937731b1571bcb52d2b98ad4c4596612ae7d71e24eeb5eb4d6e30041a"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIiwibmFtZSI6IndlaWdodHMuYmluIn1dLCJzZXJpYWxpemF0aW9uIjp7ImFsbG93X3N5bWxpbmtzIjpmYWxzZSwiaGFzaF90eXBlIjoic2hhMjU2IiwiaWdub3JlX3BhdGhzIjpbIm1vZGVsLnNpZyJdLCJtZXRob2QiOiJmaWxlcyJ9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImFubm90YXRpb25zIjp7ImNvbnRhaW5lciI6ImZvbGRlciIsImNvdW50ZXJzaWducyI6IjI3ZjM1OGQ5ZWNhNzljMjI1MDdmZTRiM2I2ZWI5OTNmMGE5MTVhNmIzN2YxMjMzZWNiZTNkZWY2YjRkNWU1NGYiLCJrZXlfaWQiOiI4ZDQxMzZhOGQ3NTUwZjM5ZjkwNDU2NGRhYWJhNGYyMTVmMTZiYjc5YjQ3YjU0MzZhMWQ2NzIzZjc3NWM3OWUyIiwic2lnbmVkX2F0IjoiMjAyNS0wMy0wNFQwNTowNjowN1oiLCJzaWduZXIiOiJib2IifSwiZGlnZXN0Ijp7InNoYTI1NiI6IjIwNmQ5NDI1NjA5NWE4NjFlOWI4YTAyYmFkMjBjODQxYzMyNzcyYjBiOWJhNjczZjNjNDE4YmJjN2NhMmU2ZTQifSwibmFtZSI6InR3b19tIn1dfQ==",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIG9rYRhQ1JL/1HUA5yhX1FKUpL8JeqF+f9+DQQsDoWCzAiEA9AVrhA5Sd4TgjG121gEin16zUHW38TtnFJLAqgBRrl0=",
        "keyid": ""
      }
    ]
  }
}