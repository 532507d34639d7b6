import './graphql/credit-transaction.ts'
import './graphql/credits-of-user.ts'
import './graphql/credit-balance-changed.ts'
import './graphql/grant-credits.ts'
