{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiJhZjU1NzBmNWExODEwYjdhZjc4Y2FmNGJjNzBhNjYwZjBkZjUxZTQyYmFmOTFkNGRlNWIyMzI4ZGUwZTgzZGZjIiwibmFtZSI6ImE6MDowOjgifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImRpZ2VzdCI6ImRmM2Y2MTk4MDRhOTJmZGI0MDU3MTkyZGM0M2RkNzQ4ZWE3NzhhZGM1MmJjNDk4Y2U4MDUyNGMwMTRiODExMTkiLCJuYW1lIjoiYTowOjg6MTIifV0sInNlcmlhbGl6YXRpb24iOnsiYWxsb3dfc3ltbGlua3MiOmZhbHNlLCJoYXNoX3R5cGUiOiJzaGEyNTYiLCJpZ25vcmVfcGF0aHMiOlsiLmdpdCIsIi5naXRpZ25vcmUiLCIuZ2l0YXR0cmlidXRlcyIsIi5naXRodWIiXSwibWV0aG9kIjoic2hhcmRzIiwic2hhcmRfc2l6ZSI6OH19LCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwic3ViamVjdCI6W3siZGlnZXN0Ijp7InNoYTI1NiI6ImQ4NmM3ZTAyMDYyZDIyNGJkMGRjZDU0YzZhZGEwY2Y2ZGM1NTUyMDYxMWY4NDA4MDFmYjE5YjJlOThlYTIzYjgifSwibmFtZSI6Im1vZGVsIn1dfQ==",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIHljAZyp7chAIi9Jx0KeIRTmouWgW9UUlrIwtIoAOl3bAiEAw+N+dAIyACOLZ3va1iZDeVKkyNNulKaMZg7+F3r9rCA=",
        "keyid": ""
      }
    ]
  }
}