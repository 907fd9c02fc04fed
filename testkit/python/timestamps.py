def earliest(material, signature, trusted_root):
    return None
def stamped(signed, at):
    return signed
