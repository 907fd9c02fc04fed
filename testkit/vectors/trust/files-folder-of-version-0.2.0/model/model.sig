{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "f7cc690937731b1571bcb52d2b98ad4c4596612ae7d71e24eeb5eb4d6e30041a"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsidW51c2VkIjoiVW51c2VkLCBqdXN0IHBhc3NlZCBkdWUgdG8gQVBJIHJlcXVpcmVtZW50cyJ9LCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL0RpZ2VzdHMvdjAuMSIsInN1YmplY3QiOlt7ImFubm90YXRpb25zIjp7ImFjdHVhbF9oYXNoX2FsZ29yaXRobSI6ImZpbGUtc2hhMjU2In0sImRpZ2VzdCI6eyJzaGEyNTYiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIn0sIm5hbWUiOiJ3ZWlnaHRzLmJpbiJ9XX0=",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEQCIANtBhWAZo82qmZzFzu4OhVglZw/6MLrkOr7g6OP+yOHAiBQv/I8tjSPYxLuEJDY6FY1/fxfgc6v1IGiam5DUQz0yA==",
        "keyid": ""
      }
    ]
  }
}