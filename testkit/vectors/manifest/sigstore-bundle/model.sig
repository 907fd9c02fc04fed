{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": ""
    },
    "tlogEntries": []
  },
  "dsseEnvelope": {
    "payloadType": "application/vnd.in-toto+json",
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJhbm5vdGF0aW9ucyI6eyJzaXplIjoyNX0sImRpZ2VzdCI6IjBjMjM4ZjBiNjhmOWZmN2RkOTZlOWM5Y2IyNWU5ZTVlMDM4NmVhNTY0ZTExOGNhNTJkYTgxZGZmZDI4ZmJhOTAiLCJuYW1lIjoiLiJ9XSwic2VyaWFsaXphdGlvbiI6eyJhbGxvd19zeW1saW5rcyI6ZmFsc2UsImhhc2hfdHlwZSI6InNoYTI1NiIsImlnbm9yZV9wYXRocyI6W10sIm1ldGhvZCI6ImZpbGVzIn19LCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwic3ViamVjdCI6W3siYW5ub3RhdGlvbnMiOnsiY29udGFpbmVyIjoibWFuaWZlc3QiLCJrZXlfaWQiOiI3MjFmZGQwMGVhY2I1NTI5OGQzOGE3OTdjZTU3ZTJiNzgyNWQyNGU5ZjRjNThjNTg3NTNhMjI4NjNlNjdjNjJkIiwia2V5X3ZlcnNpb24iOjIsInNpZ25lZF9hdCI6IjIwMjUtMDMtMDRUMDU6MDY6MDcuMTIzNDU2KzAwOjAwIiwic2lnbmVyIjoidHJhaW5pbmctcGlwZWxpbmVAbWwtdGVhbSJ9LCJkaWdlc3QiOnsic2hhMjU2IjoiMjA2ZDk0MjU2MDk1YTg2MWU5YjhhMDJiYWQyMGM4NDFjMzI3NzJiMGI5YmE2NzNmM2M0MThiYmM3Y2EyZTZlNCJ9LCJuYW1lIjoibW9kZWwucHQifV19",
    "signatures": [
      {
        "sig": "ZasEetEcPW/Mzp2mw+I174BwVOEqkWHdEaRZT9OzAQNIlUtRXl9vWrPfAcMQ0/1KoAbbQAZ1r5nlMuTnhovDoVG7w8UlTJCt1hBpk7Cqh4vrzzg1WzZPB4h15D+ovghql5DzQgACbYLb17DT9hDgj7ofvn2mmRzTxrm+iXl2g/P1TZf1SN+gg6t9klkzpY5qg5VtnnUeCfQPH6pY8fGpY3+lkAOoq7xPsHpqf23tjwpJorDLumg7rG+psfuShSi/rxOrpGavd/RVbsgHsszY0JfdiwyQ3IjpflqVYxyGzgUH3FAC7PooPhsWXc1cqR3FGKAHVswYvxMJGeRzLm1LdA==",
        "keyid": "721fdd00eacb55298d38a797ce57e2b7825d24e9f4c58c58753a22863e67c62d"
      }
    ]
  }
}