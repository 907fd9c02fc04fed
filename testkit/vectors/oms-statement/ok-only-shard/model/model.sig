{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiJhZjU1NzBmNWExODEwYjdhZjc4Y2FmNGJjNzBhNjYwZjBkZjUxZTQyYmFmOTFkNGRlNWIyMzI4ZGUwZTgzZGZjIiwibmFtZSI6ImE6MDo4In0seyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiJkZjNmNjE5ODA0YTkyZmRiNDA1NzE5MmRjNDNkZDc0OGVhNzc4YWRjNTJiYzQ5OGNlODA1MjRjMDE0YjgxMTE5IiwibmFtZSI6ImE6MTY6MjAifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImRpZ2VzdCI6ImFmNTU3MGY1YTE4MTBiN2FmNzhjYWY0YmM3MGE2NjBmMGRmNTFlNDJiYWY5MWQ0ZGU1YjIzMjhkZTBlODNkZmMiLCJuYW1lIjoiYTo4OjE2In1dLCJzZXJpYWxpemF0aW9uIjp7ImFsbG93X3N5bWxpbmtzIjpmYWxzZSwiaGFzaF90eXBlIjoic2hhMjU2IiwiaWdub3JlX3BhdGhzIjpbIi5naXQiLCIuZ2l0aWdub3JlIiwiLmdpdGF0dHJpYnV0ZXMiLCIuZ2l0aHViIl0sIm1ldGhvZCI6InNoYXJkcyIsInNoYXJkX3NpemUiOjh9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImRpZ2VzdCI6eyJzaGEyNTYiOiJhMmIxNGZmOTM2MmYzMjE1Njc5YjBhNmY3Y2M4MTM0MDY5ZDE5MTlhNTIwYzM1MjEyNDE1OGMyZDZmYWI3NzczIn0sIm5hbWUiOiJtb2RlbCJ9XX0=",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEYCIQCp8XEZVXaZFW4Kfb39DoCgbPUxUVuqUGUx0wgiESNO7QIhAIVT+hoKFA0GcFIwqmw4qN4SHsFRXv/yxdex6gikyxwm",
        "keyid": ""
      }
    ]
  }
}