{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "118e7fdfcfe0c116a0b904949de21fa6454475c709263b81014e00d2c23e3a85"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIiwibmFtZSI6IndlaWdodHMuYmluIn1dLCJzZXJpYWxpemF0aW9uIjp7ImFsbG93X3N5bWxpbmtzIjpmYWxzZSwiaGFzaF90eXBlIjoic2hhMjU2IiwiaWdub3JlX3BhdGhzIjpbIm1vZGVsLnNpZyJdLCJtZXRob2QiOiJmaWxlcyJ9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImFubm90YXRpb25zIjp7ImNvbnRhaW5lciI6ImZvbGRlciIsImtleV9pZCI6IjgyYmI5ZTU0MDRiZTQyMDc2YmZmNjViNWUzYjBjOGU0OWYwZDQ1Yjc5OTM0N2RhODhkMzNiMTBkODE5YThjNzkiLCJzaWduZWRfYXQiOiIyMDI1LTAzLTA0VDA1OjA2OjA3WiIsInNpZ25lciI6ImFsaWNlIn0sImRpZ2VzdCI6eyJzaGEyNTYiOiIyMDZkOTQyNTYwOTVhODYxZTliOGEwMmJhZDIwYzg0MWMzMjc3MmIwYjliYTY3M2YzYzQxOGJiYzdjYTJlNmU0In0sIm5hbWUiOiJtb2RlbCJ9XX0=",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "A3D+deR1AInzNegpv0rSVFHRmHFCAxrzqCfR979mwXOXKqE2x4QkSEcJDwvsx5urp0cJODAhHZHzRQ7ujzOAAA==",
        "keyid": ""
      }
    ]
  }
}