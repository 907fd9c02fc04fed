{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "cdd992de4134f34576ecb92065daade48c00b91e18377959ac57a805b7f134c6"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIiwibmFtZSI6Ii4ifV0sInNlcmlhbGl6YXRpb24iOnsiYWxsb3dfc3ltbGlua3MiOmZhbHNlLCJoYXNoX3R5cGUiOiJzaGEyNTYiLCJpZ25vcmVfcGF0aHMiOltdLCJtZXRob2QiOiJmaWxlcyJ9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImFubm90YXRpb25zIjp7ImNvbnRhaW5lciI6ImZpbGUiLCJrZXlfaWQiOiI0NGMwNDgxZGU0NmVmOGE1YjQxMWJhYTU1NGMxZTUwNGJjNjE2NjYwNTllY2U3OWY5ZWNjOThlMDNmZGRjNWFjIiwic2lnbmVkX2F0IjoiMjAyNS0wMy0wNFQwNTowNjowNy4xMjM0NTYrMDA6MDAiLCJzaWduZXIiOiJhbGljZSJ9LCJkaWdlc3QiOnsic2hhMjU2IjoiMjA2ZDk0MjU2MDk1YTg2MWU5YjhhMDJiYWQyMGM4NDFjMzI3NzJiMGI5YmE2NzNmM2M0MThiYmM3Y2EyZTZlNCJ9LCJuYW1lIjoidHdvX2EucHQifV19",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "cNNnEcyjYGyr7nm7jPN5V55HLSmBkUSy06SlL/LL8rgaN38uin/uiho4mMIiua5Q6c70A00kdkFDTTxbwp/tBg==",
        "keyid": ""
      }
    ]
  }
}