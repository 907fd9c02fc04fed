{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJhbm5vdGF0aW9ucyI6eyJzaXplIjoxNH0sImRpZ2VzdCI6IjA5ZDM0M2MzN2RlMGJiYTE0M2I3ZmY0NWY4MmMwYWI5MzA4NTMxZGNjNzhiNTZiOGViNDBjNTkzOGM0YmU0MTgiLCJuYW1lIjoiY29uZmlnLmpzb24ifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImFubm90YXRpb25zIjp7InNpemUiOjZ9LCJkaWdlc3QiOiIxYTI1OTUzNDY1YWI2NzFkNTRiMzAxMDhhOTk1MWI1NTAwZmE0MDk5NDA5OGVmOTQ2Mzg1MzAwNGRhNzkzM2UxIiwibmFtZSI6InN1Yi92b2NhYi50eHQifSx7ImFsZ29yaXRobSI6InNoYTI1NiIsImFubm90YXRpb25zIjp7ImNodW5rcyI6WzddfSwiZGlnZXN0IjoiMGMyMzhmMGI2OGY5ZmY3ZGQ5NmU5YzljYjI1ZTllNWUwMzg2ZWE1NjRlMTE4Y2E1MmRhODFkZmZkMjhmYmE5MCIsIm5hbWUiOiJ3ZWlnaHRzLmJpbiJ9XSwic2VyaWFsaXphdGlvbiI6eyJhbGxvd19zeW1saW5rcyI6ZmFsc2UsImhhc2hfdHlwZSI6InNoYTI1NiIsImlnbm9yZV9wYXRocyI6WyIuZ2l0IiwiLmdpdGlnbm9yZSIsIi5naXRhdHRyaWJ1dGVzIiwiLmdpdGh1YiJdLCJtZXRob2QiOiJmaWxlcyJ9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImRpZ2VzdCI6eyJzaGEyNTYiOiIyMjdlODY4ODU0YWZiNjQ5MmI0ZWFlZmZjNDVjNGNkZTczYWE5NDRlMWIxNDBkM2ViN2UzZGNhYzIzNTIxOTYwIn0sIm5hbWUiOiJtb2RlbCJ9XX0=",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEQCIFn04NBCaZA70bx6ClFS6jwOoZkfKZEQrN5Qb1hfAIFjAiBoZK1HIGLBrATYNeEvgT2dfb6cAVuwt/sRYLB2KW8T9A==",
        "keyid": ""
      }
    ]
  }
}