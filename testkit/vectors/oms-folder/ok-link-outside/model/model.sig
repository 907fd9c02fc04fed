{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwOWQzNDNjMzdkZTBiYmExNDNiN2ZmNDVmODJjMGFiOTMwODUzMWRjYzc4YjU2YjhlYjQwYzU5MzhjNGJlNDE4IiwibmFtZSI6ImNvbmZpZy5qc29uIn0seyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIiwibmFtZSI6ImxhdGVzdC5iaW4ifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImRpZ2VzdCI6IjFhMjU5NTM0NjVhYjY3MWQ1NGIzMDEwOGE5OTUxYjU1MDBmYTQwOTk0MDk4ZWY5NDYzODUzMDA0ZGE3OTMzZTEiLCJuYW1lIjoic3ViL3ZvY2FiLnR4dCJ9LHsiYWxnb3JpdGhtIjoic2hhMjU2IiwiZGlnZXN0IjoiMGMyMzhmMGI2OGY5ZmY3ZGQ5NmU5YzljYjI1ZTllNWUwMzg2ZWE1NjRlMTE4Y2E1MmRhODFkZmZkMjhmYmE5MCIsIm5hbWUiOiJ3ZWlnaHRzLmJpbiJ9XSwic2VyaWFsaXphdGlvbiI6eyJhbGxvd19zeW1saW5rcyI6dHJ1ZSwiaGFzaF90eXBlIjoic2hhMjU2IiwiaWdub3JlX3BhdGhzIjpbIi5naXQiLCIuZ2l0aWdub3JlIiwiLmdpdGF0dHJpYnV0ZXMiLCIuZ2l0aHViIl0sIm1ldGhvZCI6ImZpbGVzIn19LCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwic3ViamVjdCI6W3siZGlnZXN0Ijp7InNoYTI1NiI6IjM0MmNkMGY4OTZhZDY3ODJkN2E1ZDdhMjMwNzUwZDNlZGM5NTM5YjEzOGFjN2IyYjhkZjE2YzRlOGVjODQwNmQifSwibmFtZSI6Im1vZGVsIn1dfQ==",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEYCIQCFPgooeJTAH1U41TJZBQ11fIcVmUxC4XPGBJpGuWSoBQIhAP5RKEKbWolsk1++TMBE9mvorsh6ePhe5r9wDZ9egapw",
        "keyid": ""
      }
    ]
  }
}