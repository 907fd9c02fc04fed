//! Key files: the pair that is written, and everything that is read back.

use std::path::{Path, PathBuf};

use super::{
    CertificateSummary, EncryptedKey, KeyError, KeyFileError, Passphrase, PrivateKey, Protection, PublicKey,
    pem,
};
use crate::file::{FileError, Links, Permissions, Replace, Staged, exists, is_same_place, read_bounded};
use zeroize::Zeroizing;

/// Largest key file that is read: an RSA-8192 key in PEM has 6.5 kB, the rest is room for comments.
pub const MAX_KEY_FILE: u64 = 64 * 1024;

/// Anything that a key file may hold.
#[derive(Debug)]
pub enum KeyDocument {
    /// A public key.
    Public(PublicKey),
    /// An unencrypted private key.
    Private(Box<PrivateKey>),
    /// An encrypted private key.
    Encrypted(EncryptedKey),
    /// A certificate.
    Certificate(Box<CertificateSummary>),
}

impl KeyDocument {
    /// Reads the one key or certificate in PEM text.
    ///
    /// # Errors
    /// A [`KeyError`].
    pub fn from_pem(bytes: &[u8]) -> Result<Self, KeyError> {
        let block = pem::the_only_block(bytes)?;
        Ok(match block.label.as_str() {
            "PUBLIC KEY" | "RSA PUBLIC KEY" => Self::Public(PublicKey::from_pem(bytes)?),
            "PRIVATE KEY" => Self::Private(Box::new(PrivateKey::from_pkcs8_der(&block.der)?)),
            "RSA PRIVATE KEY" => Self::Private(Box::new(PrivateKey::from_pkcs1_der(&block.der)?)),
            "EC PRIVATE KEY" => Self::Private(Box::new(PrivateKey::from_sec1_der(&block.der)?)),
            "ENCRYPTED PRIVATE KEY" => Self::Encrypted(EncryptedKey::from_der(&block.der)?),
            "CERTIFICATE" => Self::Certificate(Box::new(CertificateSummary::from_der(&block.der)?)),
            _ => return Err(KeyError::UnknownLabel { label: block.label.clone() }),
        })
    }
}

/// Reads a key file, whatever it holds, and says who may read it.
///
/// # Errors
/// A [`KeyFileError`].
pub fn read_document(path: &Path) -> Result<(KeyDocument, Permissions), KeyFileError> {
    let (bytes, permissions) = read_bounded(path, Links::Follow, MAX_KEY_FILE)?;
    let bytes = zeroize::Zeroizing::new(bytes);
    let document = KeyDocument::from_pem(&bytes).map_err(|error| at(path, error))?;
    Ok((document, permissions))
}

/// Reads a public key from a file.
///
/// # Errors
/// A [`KeyFileError`].
pub fn load_public(path: &Path) -> Result<PublicKey, KeyFileError> {
    let (bytes, _) = read_bounded(path, Links::Follow, MAX_KEY_FILE)?;
    let bytes = zeroize::Zeroizing::new(bytes);
    PublicKey::from_pem(&bytes).map_err(|error| at(path, error))
}

/// A private key file that may be used: nobody else can read it.
#[derive(Debug)]
pub struct PrivateKeyFile {
    path: PathBuf,
    content: Content,
    permissions: Permissions,
}

#[derive(Debug)]
enum Content {
    Plain(Box<PrivateKey>),
    Encrypted(EncryptedKey),
}

impl PrivateKeyFile {
    /// Reads a private key file, without opening an encrypted key.
    ///
    /// # Errors
    /// A [`KeyFileError`]; among them a file that every user of the machine can read or change.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let (document, permissions) = read_document(path).map_err(|error| match error {
            // Several certificates are told from one only by their number.
            KeyFileError::Key { path, error: KeyError::Certificate } => {
                KeyFileError::Key { path, error: KeyError::CertificateForSigning }
            }
            other => other,
        })?;
        let content = match document {
            KeyDocument::Private(key) => Content::Plain(key),
            KeyDocument::Encrypted(key) => Content::Encrypted(key),
            KeyDocument::Public(_) => return Err(at(path, KeyError::PublicGiven)),
            KeyDocument::Certificate(_) => return Err(at(path, KeyError::CertificateForSigning)),
        };
        if let (true, Some(mode)) = (permissions.open_to_everybody(), permissions.mode()) {
            return Err(KeyFileError::OpenToEverybody { path: path.to_owned(), mode });
        }
        Ok(Self { path: path.to_owned(), content, permissions })
    }

    /// Whether a passphrase is needed.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.content, Content::Encrypted(_))
    }

    /// How the key is protected.
    pub fn protection(&self) -> Protection {
        match &self.content {
            Content::Plain(_) => Protection::None,
            Content::Encrypted(key) => key.protection().clone(),
        }
    }

    /// Who may read the file.
    pub fn permissions(&self) -> Permissions {
        self.permissions
    }

    /// The key itself; a passphrase given for an unencrypted key is ignored.
    ///
    /// # Errors
    /// A [`KeyFileError`]: no passphrase, or a wrong one.
    pub fn unlock(self, passphrase: Option<&Passphrase>) -> Result<PrivateKey, KeyFileError> {
        match self.content {
            Content::Plain(key) => Ok(*key),
            Content::Encrypted(key) => {
                let passphrase = passphrase.ok_or_else(|| at(&self.path, KeyError::PassphraseNeeded))?;
                key.unlock(passphrase).map_err(|error| at(&self.path, error))
            }
        }
    }
}

/// Where a key pair is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPairFiles {
    /// The private key.
    pub private: PathBuf,
    /// The public key.
    pub public: PathBuf,
}

/// The public key's file name: the private key's with the extension `.pub`.
pub fn public_path_for(private: &Path) -> PathBuf {
    private.with_extension("pub")
}

impl KeyPairFiles {
    /// The private key at `private`, the public one beside it with the extension `.pub`.
    pub fn beside(private: &Path) -> Self {
        Self { private: private.to_owned(), public: public_path_for(private) }
    }

    /// Makes sure that neither file exists, before a key is generated for nothing. If a run was killed when it had written
    /// only the private key's name, its public key is put in place first, so that a whole pair is in the way.
    ///
    /// # Errors
    /// [`FileError::Exists`].
    pub fn ensure_free(&self) -> Result<(), FileError> {
        self.finish_killed();
        match [&self.private, &self.public].into_iter().find(|path| exists(path)) {
            Some(path) => Err(FileError::Exists { path: path.clone() }),
            None => Ok(()),
        }
    }

    /// A run that was killed between the two names leaves its public key staged: it gets its name now, where it can be seen to
    /// be that of the private key, which is not encrypted then. This is no more than tidying, so what does not work is left.
    fn finish_killed(&self) {
        let between = exists(&self.private) && !exists(&self.public);
        // Were the private key staged as well, the one that is there would not be of that run.
        if between && !exists(&crate::file::staged_path(&self.private)) {
            let private = read_bounded(&self.private, Links::Refuse, MAX_KEY_FILE)
                .map(|(bytes, _)| Zeroizing::new(bytes));
            let private = private.ok().and_then(|bytes| KeyDocument::from_pem(&bytes).ok());
            let is_key = |bytes: &[u8]| match (KeyDocument::from_pem(bytes), &private) {
                (Ok(KeyDocument::Public(public)), Some(KeyDocument::Private(private))) => {
                    *private.public() == public
                }
                _ => false,
            };
            let _ = crate::file::place_abandoned(&self.public, MAX_KEY_FILE, &is_key);
        }
    }

    /// Writes the pair, never over an existing file; the private key with mode 0600 from its first moment.
    ///
    /// # Errors
    /// A [`KeyFileError`]; on failure neither file is left behind.
    pub fn write(&self, key: &PrivateKey, passphrase: Option<&Passphrase>) -> Result<(), KeyFileError> {
        self.ensure_free()?;
        let (private, public) = self.stage(key, passphrase)?;
        // Durable before the private key has its name: whoever finds that without the public key finds this one staged.
        public.make_durable()?;
        private.put_in_place_or_nothing()?;
        public.put_in_place_or_nothing().inspect_err(|_| {
            // A private key without its public half helps nobody, and would block the next attempt.
            crate::file::remove_quietly(&self.private);
        })?;
        Ok(())
    }

    /// Writes the pair over whatever key files have the names. What the old private key signed stays verifiable
    /// only for those who kept its public key.
    ///
    /// # Errors
    /// A [`KeyFileError`]; both old files are untouched unless only the last step failed.
    pub fn overwrite(&self, key: &PrivateKey, passphrase: Option<&Passphrase>) -> Result<(), KeyFileError> {
        let (private, public) = self.stage(key, passphrase)?;
        private.put_in_place(Replace::Existing)?;
        Ok(public.put_in_place(Replace::Existing)?)
    }

    fn stage(
        &self,
        key: &PrivateKey,
        passphrase: Option<&Passphrase>,
    ) -> Result<(Staged, Staged), KeyFileError> {
        if is_same_place(&self.private, &self.public) {
            return Err(FileError::Exists { path: self.public.clone() }.into());
        }
        let pem = match passphrase {
            Some(passphrase) => key.to_encrypted_pem(passphrase).map_err(|error| at(&self.private, error))?,
            None => key.to_plain_pem(),
        };
        let mut private = Staged::create(&self.private, 0o600)?;
        private.write(pem.as_bytes())?;
        let mut public = Staged::create(&self.public, 0o644)?;
        public.write(key.public().to_pem().as_bytes())?;
        Ok((private, public))
    }
}

impl PrivateKey {
    /// Replaces the key file at `path` with this key under another passphrase (or none), in one step.
    ///
    /// # Errors
    /// A [`KeyFileError`]; the old file is untouched then.
    pub fn rewrite_file(
        &self,
        path: &Path,
        permissions: Permissions,
        passphrase: Option<&Passphrase>,
    ) -> Result<(), KeyFileError> {
        let pem = match passphrase {
            Some(passphrase) => self.to_encrypted_pem(passphrase).map_err(|error| at(path, error))?,
            None => self.to_plain_pem(),
        };
        // A link (a mounted secret) keeps pointing to its file: the file is what is replaced.
        let target = crate::file::resolve(path)?;
        let mut staged = Staged::create(&target, permissions.mode().unwrap_or(0o600) & 0o770)?;
        staged.keep_owner()?;
        staged.write(pem.as_bytes())?;
        if !self.is_same_as(&zeroize::Zeroizing::new(staged.read_back()?), passphrase) {
            return Err(at(path, KeyError::Failed("read back the key that was written")));
        }
        Ok(staged.put_in_place(Replace::Existing)?)
    }

    fn is_same_as(&self, written: &[u8], passphrase: Option<&Passphrase>) -> bool {
        match (KeyDocument::from_pem(written), passphrase) {
            (Ok(KeyDocument::Private(back)), None) => back.public() == self.public(),
            (Ok(KeyDocument::Encrypted(back)), Some(passphrase)) => {
                back.unlock(passphrase).is_ok_and(|back| back.public() == self.public())
            }
            _ => false,
        }
    }
}

fn at(path: &Path, error: KeyError) -> KeyFileError {
    KeyFileError::Key { path: path.to_owned(), error }
}
