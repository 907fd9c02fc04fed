{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "f7cc690937731b1571bcb52d2b98ad4c4596612ae7d71e24eeb5eb4d6e30041a"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIiwibmFtZSI6Ii4ifV0sInNlcmlhbGl6YXRpb24iOnsiYWxsb3dfc3ltbGlua3MiOmZhbHNlLCJoYXNoX3R5cGUiOiJzaGEyNTYiLCJpZ25vcmVfcGF0aHMiOltdLCJtZXRob2QiOiJmaWxlcyJ9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImFubm90YXRpb25zIjp7ImNvbnRhaW5lciI6ImZpbGUiLCJjb3VudGVyc2lnbnMiOiI5MDgyOGNmYWYxZTdhNDQ0YzMyZmIwN2E2MmE4YzhjMmNhYWQ4YTRjNzFkNWNkZThiY2Y2YWExZDFiNTMxZGE1Iiwia2V5X2lkIjoiOGQ0MTM2YThkNzU1MGYzOWY5MDQ1NjRkYWFiYTRmMjE1ZjE2YmI3OWI0N2I1NDM2YTFkNjcyM2Y3NzVjNzllMiIsInNpZ25lZF9hdCI6IjIwMjUtMDMtMDRUMDU6MDY6MDcuMTIzNDU2KzAwOjAwIiwic2lnbmVyIjoiYm9iIn0sImRpZ2VzdCI6eyJzaGEyNTYiOiIyMDZkOTQyNTYwOTVhODYxZTliOGEwMmJhZDIwYzg0MWMzMjc3MmIwYjliYTY3M2YzYzQxOGJiYzdjYTJlNmU0In0sIm5hbWUiOiJ0d29fYS5wdCJ9XX0=",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIQC2SncQ6pHVjI6/oVF0TGXhqxPM19kt7lu1/RQcfEuIOQIgU7LiBsQQdK7N/lefcvNwqVwp5NyPXYAZ9C/9FCyHE04=",
        "keyid": ""
      }
    ]
  }
}