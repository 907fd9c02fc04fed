{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "cdd992de4134f34576ecb92065daade48c00b91e18377959ac57a805b7f134c6"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIiwibmFtZSI6IndlaWdodHMuYmluIn1dLCJzZXJpYWxpemF0aW9uIjp7ImFsbG93X3N5bWxpbmtzIjpmYWxzZSwiaGFzaF90eXBlIjoic2hhMjU2IiwiaWdub3JlX3BhdGhzIjpbIi5naXQiLCIuZ2l0aWdub3JlIiwiLmdpdGF0dHJpYnV0ZXMiLCIuZ2l0aHViIl0sIm1ldGhvZCI6ImZpbGVzIn19LCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwic3ViamVjdCI6W3siYW5ub3RhdGlvbnMiOnsiY291bnRlcnNpZ25zIjoibm8iLCJzaWduZWRfYXQiOiIxOTk5LTAxLTAxVDAwOjAwOjAwWiIsInNpZ25lciI6ImJvYiJ9LCJkaWdlc3QiOnsic2hhMjU2IjoiMjA2ZDk0MjU2MDk1YTg2MWU5YjhhMDJiYWQyMGM4NDFjMzI3NzJiMGI5YmE2NzNmM2M0MThiYmM3Y2EyZTZlNCJ9LCJuYW1lIjoibW9kZWwifV19",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "6eP28d0pZ0zdndERk/zyFI0lfslZwBOg256VOo1zY7zFgkaroNRaBmU98Lh2rFY90GrF+JTLYPLpKU9mpyZ+Dg==",
        "keyid": ""
      }
    ]
  }
}