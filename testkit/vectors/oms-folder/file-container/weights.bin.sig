{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIiwibmFtZSI6Ii4ifV0sInNlcmlhbGl6YXRpb24iOnsiYWxsb3dfc3ltbGlua3MiOmZhbHNlLCJoYXNoX3R5cGUiOiJzaGEyNTYiLCJpZ25vcmVfcGF0aHMiOltdLCJtZXRob2QiOiJmaWxlcyJ9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImFubm90YXRpb25zIjp7ImNvbnRhaW5lciI6ImZvbGRlciIsImtleV9pZCI6ImVkODc3MmNmOWJhODIxZjg5N2UxYjE3OWViNjUwYzVlYjcxODMzZmQxNTczYTNlN2U5OGI2ZTdkOWU5N2QxNDciLCJzaWduZWRfYXQiOiIyMDI1LTAzLTA0VDA1OjA2OjA3LjEyMzQ1NiswMDowMCIsInNpZ25lciI6InRyYWluaW5nLXBpcGVsaW5lQG1sLXRlYW0ifSwiZGlnZXN0Ijp7InNoYTI1NiI6IjIwNmQ5NDI1NjA5NWE4NjFlOWI4YTAyYmFkMjBjODQxYzMyNzcyYjBiOWJhNjczZjNjNDE4YmJjN2NhMmU2ZTQifSwibmFtZSI6Im1vZGVsIn1dfQ==",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEQCICalqinRrmBiTSVoQqeFTPR/Sej2db8zdEffotabYkpGAiAH4ikONDj0CndSxOXIG8svLcomlgQ6Bt5EvxYwtXXSHQ==",
        "keyid": ""
      }
    ]
  }
}