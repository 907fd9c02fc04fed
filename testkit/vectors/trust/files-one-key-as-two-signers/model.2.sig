{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIiwibmFtZSI6IndlaWdodHMuYmluIn1dLCJzZXJpYWxpemF0aW9uIjp7ImFsbG93X3N5bWxpbmtzIjpmYWxzZSwiaGFzaF90eXBlIjoic2hhMjU2IiwiaWdub3JlX3BhdGhzIjpbIm1vZGVsLnNpZyJdLCJtZXRob2QiOiJmaWxlcyJ9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImFubm90YXRpb25zIjp7ImNvbnRhaW5lciI6ImZvbGRlciIsImNvdW50ZXJzaWducyI6IjY4ODUwYjQ5NzA5OWViNDI3YzkxZDcxZjg1ZmFlNmRkYjhkYTM1MjAwMzA2ZTUyZDM5ZDkzZDg0NGZmMzJmZmMiLCJrZXlfaWQiOiJlZDg3NzJjZjliYTgyMWY4OTdlMWIxNzllYjY1MGM1ZWI3MTgzM2ZkMTU3M2EzZTdlOThiNmU3ZDllOTdkMTQ3Iiwic2lnbmVkX2F0IjoiMjAyNS0wMy0wNFQwNTowNjowNy4xMjM0NTYrMDA6MDAiLCJzaWduZXIiOiJhbGljZSJ9LCJkaWdlc3QiOnsic2hhMjU2IjoiMjA2ZDk0MjU2MDk1YTg2MWU5YjhhMDJiYWQyMGM4NDFjMzI3NzJiMGI5YmE2NzNmM2M0MThiYmM3Y2EyZTZlNCJ9LCJuYW1lIjoibW9kZWwifV19",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIDr/aq4Ckgx80HWqISKsp+yWL+zsIAIwj+aBr274is5tAiEAgUytnIPLUcBCjlz1JnvCKYJ/Hgk2Fh07NJnjNfEbNuU=",
        "keyid": ""
      }
    ]
  }
}