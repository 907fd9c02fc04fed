{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "cdd992de4134f34576ecb92065daade48c00b91e18377959ac57a805b7f134c6"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIiwibmFtZSI6IndlaWdodHMuYmluIn1dLCJzZXJpYWxpemF0aW9uIjp7ImFsbG93X3N5bWxpbmtzIjpmYWxzZSwiaGFzaF90eXBlIjoic2hhMjU2IiwiaWdub3JlX3BhdGhzIjpbIm1vZGVsLnNpZyJdLCJtZXRob2QiOiJmaWxlcyJ9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImFubm90YXRpb25zIjp7ImNvbnRhaW5lciI6ImZvbGRlciIsImNvdW50ZXJzaWducyI6IjY4ODUwYjQ5NzA5OWViNDI3YzkxZDcxZjg1ZmFlNmRkYjhkYTM1MjAwMzA2ZTUyZDM5ZDkzZDg0NGZmMzJmZmMiLCJrZXlfaWQiOiI0NGMwNDgxZGU0NmVmOGE1YjQxMWJhYTU1NGMxZTUwNGJjNjE2NjYwNTllY2U3OWY5ZWNjOThlMDNmZGRjNWFjIiwic2lnbmVkX2F0IjoiMjAyNS0wMy0wNFQwNTowNjowNy4xMjM0NTYrMDA6MDAiLCJzaWduZXIiOiJhbGljZSJ9LCJkaWdlc3QiOnsic2hhMjU2IjoiMjA2ZDk0MjU2MDk1YTg2MWU5YjhhMDJiYWQyMGM4NDFjMzI3NzJiMGI5YmE2NzNmM2M0MThiYmM3Y2EyZTZlNCJ9LCJuYW1lIjoibW9kZWwifV19",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "H55Ys693oDt4ozg2Rja+oNYlC43J66kywNT1ddahNd+awuEA3M20qniM3BJfrXuR1bC9ItmjtqyM4d115oIrCg==",
        "keyid": ""
      }
    ]
  }
}