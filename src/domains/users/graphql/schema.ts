import './user.ts'
import './me.ts'
import './users.ts'
import './update-profile.ts'
