{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIiwibmFtZSI6Ii4ifV0sInNlcmlhbGl6YXRpb24iOnsiYWxsb3dfc3ltbGlua3MiOmZhbHNlLCJoYXNoX3R5cGUiOiJzaGEyNTYiLCJpZ25vcmVfcGF0aHMiOltdLCJtZXRob2QiOiJmaWxlcyJ9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImRpZ2VzdCI6eyJzaGEyNTYiOiIyMDZkOTQyNTYwOTVhODYxZTliOGEwMmJhZDIwYzg0MWMzMjc3MmIwYjliYTY3M2YzYzQxOGJiYzdjYTJlNmU0In0sIm5hbWUiOiJtb2RlbCJ9XX0=",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEQCIEQ6TkJcq4qSgPEWVkUK3JpDXFwytTbA675dCtCZmdyWAiB4WkHNlDA/X9kfF7c86Cy1+mC3yT+S7vXth9TObn34aw==",
        "keyid": ""
      }
    ]
  }
}