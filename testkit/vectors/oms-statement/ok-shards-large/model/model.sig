{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwOWQzNDNjMzdkZTBiYmExNDNiN2ZmNDVmODJjMGFiOTMwODUzMWRjYzc4YjU2YjhlYjQwYzU5MzhjNGJlNDE4IiwibmFtZSI6ImNvbmZpZy5qc29uOjA6MTQifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImRpZ2VzdCI6IjFhMjU5NTM0NjVhYjY3MWQ1NGIzMDEwOGE5OTUxYjU1MDBmYTQwOTk0MDk4ZWY5NDYzODUzMDA0ZGE3OTMzZTEiLCJuYW1lIjoic3ViL3ZvY2FiLnR4dDowOjYifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImRpZ2VzdCI6IjBjMjM4ZjBiNjhmOWZmN2RkOTZlOWM5Y2IyNWU5ZTVlMDM4NmVhNTY0ZTExOGNhNTJkYTgxZGZmZDI4ZmJhOTAiLCJuYW1lIjoid2VpZ2h0cy5iaW46MDoyNSJ9XSwic2VyaWFsaXphdGlvbiI6eyJhbGxvd19zeW1saW5rcyI6ZmFsc2UsImhhc2hfdHlwZSI6InNoYTI1NiIsImlnbm9yZV9wYXRocyI6WyIuZ2l0IiwiLmdpdGlnbm9yZSIsIi5naXRhdHRyaWJ1dGVzIiwiLmdpdGh1YiJdLCJtZXRob2QiOiJzaGFyZHMiLCJzaGFyZF9zaXplIjoxMDAwfX0sInByZWRpY2F0ZVR5cGUiOiJodHRwczovL21vZGVsX3NpZ25pbmcvc2lnbmF0dXJlL3YxLjAiLCJzdWJqZWN0IjpbeyJkaWdlc3QiOnsic2hhMjU2IjoiMjI3ZTg2ODg1NGFmYjY0OTJiNGVhZWZmYzQ1YzRjZGU3M2FhOTQ0ZTFiMTQwZDNlYjdlM2RjYWMyMzUyMTk2MCJ9LCJuYW1lIjoibW9kZWwifV19",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIQC90Rpf4IOEkxHuXN3ABCbSkb7LXK0URuGKLdHp5d/WNgIgTZp1wTtnmTehNwgE7QSeJ9FC95c41ZvwM9eNQvIgv0o=",
        "keyid": ""
      }
    ]
  }
}