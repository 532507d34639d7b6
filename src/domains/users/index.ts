export { type Authenticator, createAuthenticator } from './authenticate.ts'
export { promoteUser } from './promote-user.ts'
