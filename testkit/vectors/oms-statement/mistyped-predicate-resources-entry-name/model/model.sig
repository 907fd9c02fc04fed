{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwOWQzNDNjMzdkZTBiYmExNDNiN2ZmNDVmODJjMGFiOTMwODUzMWRjYzc4YjU2YjhlYjQwYzU5MzhjNGJlNDE4IiwibmFtZSI6ImNvbmZpZy5qc29uIn0seyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIxYTI1OTUzNDY1YWI2NzFkNTRiMzAxMDhhOTk1MWI1NTAwZmE0MDk5NDA5OGVmOTQ2Mzg1MzAwNGRhNzkzM2UxIiwibmFtZSI6N30seyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIiwibmFtZSI6IndlaWdodHMuYmluIn1dLCJzZXJpYWxpemF0aW9uIjp7ImFsbG93X3N5bWxpbmtzIjpmYWxzZSwiaGFzaF90eXBlIjoic2hhMjU2IiwiaWdub3JlX3BhdGhzIjpbIi5naXQiLCIuZ2l0aWdub3JlIiwiLmdpdGF0dHJpYnV0ZXMiLCIuZ2l0aHViIl0sIm1ldGhvZCI6ImZpbGVzIn19LCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwic3ViamVjdCI6W3siZGlnZXN0Ijp7InNoYTI1NiI6IjIyN2U4Njg4NTRhZmI2NDkyYjRlYWVmZmM0NWM0Y2RlNzNhYTk0NGUxYjE0MGQzZWI3ZTNkY2FjMjM1MjE5NjAifSwibmFtZSI6Im1vZGVsIn1dfQ==",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEYCIQDzYGQuLgKzn/303n4dYdRjx+s4qNGebGriO/yxANkjDgIhAL08sVJTd3JwecuYhCgU2cyBz6U1KU4FOz1KnwwQeGRu",
        "keyid": ""
      }
    ]
  }
}