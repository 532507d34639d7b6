-- Three columns get the names that the code and the documentation use.
ALTER TABLE users RENAME COLUMN email_sealed TO email_encrypted;
ALTER TABLE uploads RENAME COLUMN addresses_lapse_at TO addresses_expire_at;
ALTER TABLE billing_names RENAME COLUMN said_at TO reported_at;
