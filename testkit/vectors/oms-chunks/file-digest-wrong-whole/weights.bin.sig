{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJhbm5vdGF0aW9ucyI6eyJjaHVua3MiOnsicm9vdCI6IjdlZWU4MGJlOGI1NWM5YTc5N2U3NGM5NGZmNTQxYTZkMjNiMzRmZmY0MjY0NGJmNTA0ODg5YTdiNzEzY2U2ODQiLCJzaXplIjoxMDQ4NTc2fSwic2l6ZSI6MjV9LCJkaWdlc3QiOiI3Zjg0ODk4ZWYyYTBhMGRkMjQ2NjM0YjE1NTYxNjQ2YmU0MjRjMjQ5YmIxMjhlYjdmZjNhY2IyOTBmMDI1YWU0IiwibmFtZSI6Ii4ifV0sInNlcmlhbGl6YXRpb24iOnsiYWxsb3dfc3ltbGlua3MiOmZhbHNlLCJoYXNoX3R5cGUiOiJzaGEyNTYiLCJpZ25vcmVfcGF0aHMiOltdLCJtZXRob2QiOiJmaWxlcyJ9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImFubm90YXRpb25zIjp7ImNvbnRhaW5lciI6ImZpbGUiLCJrZXlfaWQiOiJlZDg3NzJjZjliYTgyMWY4OTdlMWIxNzllYjY1MGM1ZWI3MTgzM2ZkMTU3M2EzZTdlOThiNmU3ZDllOTdkMTQ3Iiwic2lnbmVkX2F0IjoiMjAyNS0wMy0wNFQwNTowNjowNy4xMjM0NTYrMDA6MDAiLCJzaWduZXIiOiJ0cmFpbmluZy1waXBlbGluZUBtbC10ZWFtIn0sImRpZ2VzdCI6eyJzaGEyNTYiOiI1NTI2ZjI5MmM1YWVkYThiOTM4MDc5OTE5MzllODZiNDc3NmFlM2VjOTQ2NWIwYmE0MTUwYzQ4MWNlMTQ4NjdiIn0sIm5hbWUiOiJtb2RlbCJ9XX0=",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEQCIATry6qzkfbJfkKPFmTKHHIb8Q/jUgb21t2znyZg61BfAiAp7vPxQEXAt9TTv7mb7RZjIvmRSELibRFdlVkQ/iAfAQ==",
        "keyid": ""
      }
    ]
  }
}