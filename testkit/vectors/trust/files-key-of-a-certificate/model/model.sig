{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIiwibmFtZSI6IndlaWdodHMuYmluIn1dLCJzZXJpYWxpemF0aW9uIjp7ImFsbG93X3N5bWxpbmtzIjpmYWxzZSwiaGFzaF90eXBlIjoic2hhMjU2IiwiaWdub3JlX3BhdGhzIjpbXSwibWV0aG9kIjoiZmlsZXMifX0sInByZWRpY2F0ZVR5cGUiOiJodHRwczovL21vZGVsX3NpZ25pbmcvc2lnbmF0dXJlL3YxLjAiLCJzdWJqZWN0IjpbeyJhbm5vdGF0aW9ucyI6eyJjb250YWluZXIiOiJmb2xkZXIiLCJrZXlfaWQiOiJlZDg3NzJjZjliYTgyMWY4OTdlMWIxNzllYjY1MGM1ZWI3MTgzM2ZkMTU3M2EzZTdlOThiNmU3ZDllOTdkMTQ3Iiwic2lnbmVkX2F0IjoiMjAyNS0wMy0wNFQwNTowNjowNy4xMjM0NTYrMDA6MDAiLCJzaWduZXIiOiJyZWxlYXNlIn0sImRpZ2VzdCI6eyJzaGEyNTYiOiIyMDZkOTQyNTYwOTVhODYxZTliOGEwMmJhZDIwYzg0MWMzMjc3MmIwYjliYTY3M2YzYzQxOGJiYzdjYTJlNmU0In0sIm5hbWUiOiJtb2RlbCJ9XX0=",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIQDeViqrGEorjpMdc85J7nQvr3ZQwrlLvKP3wBsk58HKNgIgC/b9LsOSlvJvGCtnJE56YU3NNax8vJrYsgMC51JcW9A=",
        "keyid": ""
      }
    ]
  }
}