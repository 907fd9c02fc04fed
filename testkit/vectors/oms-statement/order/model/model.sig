{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIxYTI1OTUzNDY1YWI2NzFkNTRiMzAxMDhhOTk1MWI1NTAwZmE0MDk5NDA5OGVmOTQ2Mzg1MzAwNGRhNzkzM2UxIiwibmFtZSI6ImIifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImRpZ2VzdCI6IjdlNGZhMmViOGM3YWMwODk3MzlkNWRlZmM0NDg5ZmFkNjhhMTAwZDkyMDgyY2EzNWM2YjQwYTQ1MjQ4MjFmODciLCJuYW1lIjoiYSJ9XSwic2VyaWFsaXphdGlvbiI6eyJhbGxvd19zeW1saW5rcyI6ZmFsc2UsImhhc2hfdHlwZSI6InNoYTI1NiIsImlnbm9yZV9wYXRocyI6WyIuZ2l0IiwiLmdpdGlnbm9yZSIsIi5naXRhdHRyaWJ1dGVzIiwiLmdpdGh1YiJdLCJtZXRob2QiOiJmaWxlcyJ9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImRpZ2VzdCI6eyJzaGEyNTYiOiIzYjE1NDRhNDg2Y2ZkZTRkMDI0NjYzNGU5M2Y1MmNiOWIzYTU2MjM2YWFkMGZlZmIzZjdkNzAyZmE0N2IxYjgxIn0sIm5hbWUiOiJtb2RlbCJ9XX0=",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEQCIB5UhXJVaZvQtT2T9AMZzFkYcIVby6raVJrYdN+0680lAiBstN32rdl6Ebw2EezOp58k9zFBrsfpe/gnzyWN+2h5aQ==",
        "keyid": ""
      }
    ]
  }
}