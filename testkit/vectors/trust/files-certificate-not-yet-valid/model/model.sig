{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "x509CertificateChain": {
      "certificates": [
        {
          "rawBytes": "MIIBgjCCASigAwIBAgIIFHq78h3FixMwCgYIKoZIzj0EAwIwHDEaMBgGA1UEAwwRdGVzdGtpdCBhdXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgPMjA5OTEyMzEwMDAwMDBaMBkxFzAVBgNVBAMMDnRlc3RraXQgc2lnbmVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzcaZZP7E5rhCGFGAthNZuBiz1aTETXOBmYHlI7T/fUdRJpVOGKVjgYIjd8y/ZbN/u00c+l9xKmkgjtGttryo+qNVMFMwDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwMwHgYDVR0RBBcwFYETcmVsZWFzZUBleGFtcGxlLmNvbTAKBggqhkjOPQQDAgNIADBFAiAgql/0RcqsAr20nlzxGo+gjbkKzIkq56yiXVvUC+I73QIhAIWBRxqUP52vSYKS8H2aySPcH2vSKjqB3vUvBRJp68LV"
        },
        {
          "rawBytes": "MIIBTjCB9aADAgECAgkA1xHqPMggCZMwCgYIKoZIzj0EAwIwFzEVMBMGA1UEAwwMdGVzdGtpdCByb290MCAXDTIwMDEwMTAwMDAwMFoYDzIwOTkxMjMxMDAwMDAwWjAcMRowGAYDVQQDDBF0ZXN0a2l0IGF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNWS4VczWIfI7jxgzocr8lQ6jO22I1WVyAMjpq2LN0ul1fU2IW1vi7YGdly7jG/U+I+eDy9ZZGSNQFZWcW+JnDKjIzAhMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMAoGCCqGSM49BAMCA0gAMEUCIDjPNyloeo4VuTUyTisEoLVi71wC5IEShK85in7s1ZddAiEAxu/S6cQwaTizY/dFswBC5MINw3rmxtykB5XQVEGNsF8="
        }
      ]
    }
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsicmVzb3VyY2VzIjpbeyJhbGdvcml0aG0iOiJzaGEyNTYiLCJkaWdlc3QiOiIwYzIzOGYwYjY4ZjlmZjdkZDk2ZTljOWNiMjVlOWU1ZTAzODZlYTU2NGUxMThjYTUyZGE4MWRmZmQyOGZiYTkwIiwibmFtZSI6IndlaWdodHMuYmluIn1dLCJzZXJpYWxpemF0aW9uIjp7ImFsbG93X3N5bWxpbmtzIjpmYWxzZSwiaGFzaF90eXBlIjoic2hhMjU2IiwiaWdub3JlX3BhdGhzIjpbIm1vZGVsLnNpZyJdLCJtZXRob2QiOiJmaWxlcyJ9fSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsInN1YmplY3QiOlt7ImFubm90YXRpb25zIjp7ImNvbnRhaW5lciI6ImZvbGRlciIsImtleV9pZCI6ImVkODc3MmNmOWJhODIxZjg5N2UxYjE3OWViNjUwYzVlYjcxODMzZmQxNTczYTNlN2U5OGI2ZTdkOWU5N2QxNDciLCJzaWduZWRfYXQiOiIyMDE5LTAxLTAxVDAwOjAwOjAwWiIsInNpZ25lciI6InJlbGVhc2UifSwiZGlnZXN0Ijp7InNoYTI1NiI6IjIwNmQ5NDI1NjA5NWE4NjFlOWI4YTAyYmFkMjBjODQxYzMyNzcyYjBiOWJhNjczZjNjNDE4YmJjN2NhMmU2ZTQifSwibmFtZSI6Im1vZGVsIn1dfQ==",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "MEUCIQCGvR4VhSVR6szL9lQ5Oc+w2uBrMYnDL6atB7njtcCGSwIgd68i8Aj0Bk5AhN+/6t3kVO2/0MZMRi7UuhSgLw0rH/Q=",
        "keyid": ""
      }
    ]
  }
}