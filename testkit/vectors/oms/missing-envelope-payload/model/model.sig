{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEYCIQDAM6+jR3J4CsMGl/jrj9ZV24pNFUvvhaDwQyAWMvYTigIhAP3T/GRFEsCyutDSvDgd7SzdxXC7azNXzclZy70HrzB+",
        "keyid": ""
      }
    ]
  }
}