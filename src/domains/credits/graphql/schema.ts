import './credit-transaction.ts'
import './credits-of-user.ts'
import './credit-balance-changed.ts'
import './grant-credits.ts'
