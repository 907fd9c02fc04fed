{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "84841e21e0d162883eb52b24a4656590ce190c2582bdfcab588916acce33a809"
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJibGFrZTJiIiwiZGlnZXN0IjoiOWYyMDFjZDBkMzIzYzYwNWQ4M2RmMWRjZTZhYzY1MDRjYmFlNWVkODk4NWFiNzYzMjg0MmU4Y2RjZjVjZDI4YzJkMThmYjI3NTQwOGI2NTRkYzg5YjcxYWZmOGRkMTg1MTBkYTE1YjkyZGJiOTI3N2RkYzYzMjZjNzg1MWJiNWQiLCJuYW1lIjoiY29uZmlnLmpzb24ifSx7ImFsZ29yaXRobSI6ImJsYWtlMmIiLCJkaWdlc3QiOiJjOGJkNjg2MWU5NmFiMzEzNWQ2NDUwZmZmYjNmMDBlZTYwNTYzMDhhMzYzNzY5Zjk5NzYwNTNkMWZkNThiNjQ5OGZiNTVjNGFlMWEwNjUyNTU4YzhmMjFkYjZkOTg0Mjc4NDY4MzBhNTMzZTdiYTY4MzYxYjRmYjhhNjgwMWQ2NSIsIm5hbWUiOiJzdWIvdm9jYWIudHh0In0seyJhbGdvcml0aG0iOiJibGFrZTJiIiwiZGlnZXN0IjoiMzk0N2QyNWRlZjdkM2IzMzgzYzBhZTE1MTRlZWIxNmQzYmNlY2YyMTgxZGIxYzFmNGEyNDU1MGVkZTdlOTg1YTI0Nzk2ZmFmYmIwY2VhODUyYzJhZTFkNTc1Y2RjY2UyYjExMjkyOTNhMjFiMWZmZjNhMjA0ZTkyZmMxM2UyNzMiLCJuYW1lIjoid2VpZ2h0cy5iaW4ifV0sInNlcmlhbGl6YXRpb24iOnsiYWxsb3dfc3ltbGlua3MiOmZhbHNlLCJoYXNoX3R5cGUiOiJibGFrZTJiIiwiaWdub3JlX3BhdGhzIjpbIi5naXQiLCIuZ2l0aWdub3JlIiwiLmdpdGF0dHJpYnV0ZXMiLCIuZ2l0aHViIl0sIm1ldGhvZCI6ImZpbGVzIn19LCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwic3ViamVjdCI6W3siZGlnZXN0Ijp7InNoYTI1NiI6ImU3NzNiMGVhYjI1ZWViYzJjNjg2M2VmZGYxMGIzNTI0OTVkMGFmNGVmOTUwZTU2ODRhMjYzMjFlYTU0ZTUwOTkifSwibmFtZSI6Im1vZGVsIn1dfQ==",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEYCIQCX+ODDoKnE3sGRGUaZyd+qtf/bZj21BOkbw1IFnlafHwIhAPytes/tZ2tWIdhj34IzXm09f9jntAlP7j2Zb3l509hm",
        "keyid": ""
      }
    ]
  }
}