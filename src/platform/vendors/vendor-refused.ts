/** A vendor refused a request, or its response is not valid. A retry has the same result. */
export class VendorRefused extends Error {
  override readonly name = 'VendorRefused'
  readonly vendor: string
  /** The HTTP status; null where the response is not valid. */
  readonly status: number | null
  /** The vendor's code for the reason, such as 'model_not_found'; null where it sends none. */
  readonly code: string | null

  constructor(
    vendor: string,
    status: number | null,
    message: string,
    { code = null, ...options }: ErrorOptions & { readonly code?: string | null } = {},
  ) {
    super(message, options)
    this.vendor = vendor
    this.status = status
    this.code = code
  }
}
