{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEQCIGtfb3VHCwv9R+bX5GVKK1IWOw2T3+VvArQwV2ykQTwYAiB/1SrSkMQLw40rTmS8VfouAQvsb8/MWzmpEdvSmlfUhg==",
        "keyid": ""
      }
    ]
  }
}