import './data-export.ts'
import './data-exports-of-user.ts'
import './request-data-export.ts'
import './delete-account.ts'
