import './graphql/data-export.ts'
import './graphql/data-exports-of-user.ts'
import './graphql/request-data-export.ts'
import './graphql/delete-account.ts'
