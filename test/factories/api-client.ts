export interface ApiAnswer {
  status: number;
  headers: Headers;
  /** Parsed where it is JSON; a test says what it expects of it. */
  // oxlint-disable-next-line typescript/no-explicit-any -- every assertion would otherwise begin with a cast
  body: any;
}

export interface RequestOptions {
  body?: unknown;
  headers?: Record<string, string>;
}

/** One person's connection to the API: it keeps the session cookie, as a browser does. */
export class ApiClient {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(baseUrl: string, headers: Record<string, string> = {}) {
    this.baseUrl = baseUrl;
    this.headers = headers;
  }

  /** The same person with further headers. */
  with(headers: Record<string, string>): ApiClient {
    return new ApiClient(this.baseUrl, { ...this.headers, ...headers });
  }

  get(path: string, options?: RequestOptions): Promise<ApiAnswer> {
    return this.request('GET', path, options);
  }

  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer> {
    return this.request('POST', path, { body, headers });
  }

  put(path: string, body: unknown, etag: string): Promise<ApiAnswer> {
    return this.request('PUT', path, { body, headers: { 'If-Match': etag } });
  }

  patch(path: string, body: unknown, etag: string): Promise<ApiAnswer> {
    return this.request('PATCH', path, { body, headers: { 'If-Match': etag } });
  }

  delete(path: string, etag?: string): Promise<ApiAnswer> {
    return this.request('DELETE', path, { headers: etag ? { 'If-Match': etag } : {} });
  }

  /** @param path below `/api/v1` */
  async request(method: string, path: string, { body, headers }: RequestOptions = {}): Promise<ApiAnswer> {
    const response = await fetch(`${this.baseUrl}/api/v1${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...this.headers,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /[/+]json\b/.test(response.headers.get('Content-Type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    };
  }
}
