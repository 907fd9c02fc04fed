{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "f7cc690937731b1571bcb52d2b98ad4c4596612ae7d71e24eeb5eb4d6e30041a"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIiwibmFtZSI6IndlaWdodHMuYmluIn1dLCJzZXJpYWxpemF0aW9uIjp7ImFsbG93X3N5bWxpbmtzIjpmYWxzZSwiaGFzaF90eXBlIjoic2hhMjU2IiwiaWdub3JlX3BhdGhzIjpbIm1vZGVsLnNpZyIsInNldHVwLnB5Il0sIm1ldGhvZCI6ImZpbGVzIn19LCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwic3ViamVjdCI6W3siYW5ub3RhdGlvbnMiOnsiY29udGFpbmVyIjoiZm9sZGVyIiwiY291bnRlcnNpZ25zIjoiMjdmMzU4ZDllY2E3OWMyMjUwN2ZlNGIzYjZlYjk5M2YwYTkxNWE2YjM3ZjEyMzNlY2JlM2RlZjZiNGQ1ZTU0ZiIsImtleV9pZCI6IjhkNDEzNmE4ZDc1NTBmMzlmOTA0NTY0ZGFhYmE0ZjIxNWYxNmJiNzliNDdiNTQzNmExZDY3MjNmNzc1Yzc5ZTIiLCJzaWduZWRfYXQiOiIyMDI1LTAzLTA0VDA1OjA2OjA3WiIsInNpZ25lciI6ImJvYiJ9LCJkaWdlc3QiOnsic2hhMjU2IjoiMjA2ZDk0MjU2MDk1YTg2MWU5YjhhMDJiYWQyMGM4NDFjMzI3NzJiMGI5YmE2NzNmM2M0MThiYmM3Y2EyZTZlNCJ9LCJuYW1lIjoidHdvX20ifV19",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEQCIBT9szGqqx2UD9O8mzBOfFEYqgNdXHBaUM6Tyw8yDLICAiAQx7RfIvCC3Znwq6R3Z4AXZO9IpCcW5eWSQoSTX/xzOw==",
        "keyid": ""
      }
    ]
  }
}