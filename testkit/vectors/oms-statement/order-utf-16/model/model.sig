{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIxYTI1OTUzNDY1YWI2NzFkNTRiMzAxMDhhOTk1MWI1NTAwZmE0MDk5NDA5OGVmOTQ2Mzg1MzAwNGRhNzkzM2UxIiwibmFtZSI6IvCfkI0ifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImRpZ2VzdCI6IjdlNGZhMmViOGM3YWMwODk3MzlkNWRlZmM0NDg5ZmFkNjhhMTAwZDkyMDgyY2EzNWM2YjQwYTQ1MjQ4MjFmODciLCJuYW1lIjoi772eIn1dLCJzZXJpYWxpemF0aW9uIjp7ImFsbG93X3N5bWxpbmtzIjpmYWxzZSwiaGFzaF90eXBlIjoic2hhMjU2IiwiaWdub3JlX3BhdGhzIjpbIi5naXQiLCIuZ2l0aWdub3JlIiwiLmdpdGF0dHJpYnV0ZXMiLCIuZ2l0aHViIl0sIm1ldGhvZCI6ImZpbGVzIn19LCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwic3ViamVjdCI6W3siZGlnZXN0Ijp7InNoYTI1NiI6IjNiMTU0NGE0ODZjZmRlNGQwMjQ2NjM0ZTkzZjUyY2I5YjNhNTYyMzZhYWQwZmVmYjNmN2Q3MDJmYTQ3YjFiODEifSwibmFtZSI6Im1vZGVsIn1dfQ==",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEYCIQC2xwqwPwo9QeoKJI0aR+gJW7sATfxLNywSs+58OOytpwIhALyzWrK2OHLYOCCOgFpjlqpPfgVN5Xda752vFrz/vPqV",
        "keyid": ""
      }
    ]
  }
}