-- Two columns get the names that the code and the documentation use.
ALTER TABLE users RENAME COLUMN email_sealed TO email_encrypted;
ALTER TABLE uploads RENAME COLUMN addresses_lapse_at TO addresses_expire_at;
