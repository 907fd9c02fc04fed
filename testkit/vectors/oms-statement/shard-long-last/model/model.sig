{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiJhZjU1NzBmNWExODEwYjdhZjc4Y2FmNGJjNzBhNjYwZjBkZjUxZTQyYmFmOTFkNGRlNWIyMzI4ZGUwZTgzZGZjIiwibmFtZSI6ImE6MDo4In0seyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiJhZjU1NzBmNWExODEwYjdhZjc4Y2FmNGJjNzBhNjYwZjBkZjUxZTQyYmFmOTFkNGRlNWIyMzI4ZGUwZTgzZGZjIiwibmFtZSI6ImE6ODoyNCJ9XSwic2VyaWFsaXphdGlvbiI6eyJhbGxvd19zeW1saW5rcyI6ZmFsc2UsImhhc2hfdHlwZSI6InNoYTI1NiIsImlnbm9yZV9wYXRocyI6WyIuZ2l0IiwiLmdpdGlnbm9yZSIsIi5naXRhdHRyaWJ1dGVzIiwiLmdpdGh1YiJdLCJtZXRob2QiOiJzaGFyZHMiLCJzaGFyZF9zaXplIjo4fX0sInByZWRpY2F0ZVR5cGUiOiJodHRwczovL21vZGVsX3NpZ25pbmcvc2lnbmF0dXJlL3YxLjAiLCJzdWJqZWN0IjpbeyJkaWdlc3QiOnsic2hhMjU2IjoiNTY3MjY5NWU3OWQ1YzI4OThjNjFkZmZhOTI2YmQzMTVlNTAwMGE3N2NmMzgzMDNjMDc0NGZjYzVhOTRmNWMwMiJ9LCJuYW1lIjoibW9kZWwifV19",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEYCIQCRogIenywkFjx9M+q6mH9gifUT+8TKzVZk5obO9joMYQIhAKkbZ4W0EOMrDLL7Ct2mjnW4WhK2X5L9TdyL++k1nUw3",
        "keyid": ""
      }
    ]
  }
}