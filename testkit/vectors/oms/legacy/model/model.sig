{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsidW51c2VkIjoiVW51c2VkLCBqdXN0IHBhc3NlZCBkdWUgdG8gQVBJIHJlcXVpcmVtZW50cyJ9LCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL0RpZ2VzdHMvdjAuMSIsInN1YmplY3QiOlt7ImFubm90YXRpb25zIjp7ImFjdHVhbF9oYXNoX2FsZ29yaXRobSI6ImZpbGUtc2hhMjU2In0sImRpZ2VzdCI6eyJzaGEyNTYiOiIwOWQzNDNjMzdkZTBiYmExNDNiN2ZmNDVmODJjMGFiOTMwODUzMWRjYzc4YjU2YjhlYjQwYzU5MzhjNGJlNDE4In0sIm5hbWUiOiJjb25maWcuanNvbiJ9LHsiYW5ub3RhdGlvbnMiOnsiYWN0dWFsX2hhc2hfYWxnb3JpdGhtIjoiZmlsZS1zaGEyNTYifSwiZGlnZXN0Ijp7InNoYTI1NiI6IjFhMjU5NTM0NjVhYjY3MWQ1NGIzMDEwOGE5OTUxYjU1MDBmYTQwOTk0MDk4ZWY5NDYzODUzMDA0ZGE3OTMzZTEifSwibmFtZSI6InN1Yi92b2NhYi50eHQifSx7ImFubm90YXRpb25zIjp7ImFjdHVhbF9oYXNoX2FsZ29yaXRobSI6ImZpbGUtc2hhMjU2In0sImRpZ2VzdCI6eyJzaGEyNTYiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIn0sIm5hbWUiOiJ3ZWlnaHRzLmJpbiJ9XX0=",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIGZiUNZcV47swHvSmRcXJuQTM23FFgEkT5DUU98SpydXAiEA/TP50qEJXjMWKAcD/5Sk6DZpAyDo3vO2FQyXBA7q334=",
        "keyid": ""
      }
    ]
  }
}