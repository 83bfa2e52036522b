/**
 * A key and a self-signed certificate for 127.0.0.1, for tests only; expires in 2125.
 *
 * Made by `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj "/CN=registry of
 * the tests" -addext "subjectAltName=IP:127.0.0.1"`.
 */
export const testTls = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg4BxQ004kw2YJxG+p
6GR3Ybl0gCo5TrJ7SwBbJk3jLYehRANCAAS/2mIACpmkzGLIahfpLM66Zec8cOeX
Bzd8POY2WEekVnXd8M6a5AXRmmV68y05OM8kxtynfc+75lSWwqvVSWUl
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBqTCCAU6gAwIBAgIUagyegCbAo8Ex0yAF/rb/TqIif8gwCgYIKoZIzj0EAwIw
IDEeMBwGA1UEAwwVcmVnaXN0cnkgb2YgdGhlIHRlc3RzMCAXDTI2MTEyNDE4MTU1
M1oYDzIxMjYxMDMxMTgxNTUzWjAgMR4wHAYDVQQDDBVyZWdpc3RyeSBvZiB0aGUg
dGVzdHMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS/2mIACpmkzGLIahfpLM66
Zec8cOeXBzd8POY2WEekVnXd8M6a5AXRmmV68y05OM8kxtynfc+75lSWwqvVSWUl
o2QwYjAdBgNVHQ4EFgQUDxgu3MMwsRexT9Oagsl0C8FFXrUwHwYDVR0jBBgwFoAU
Dxgu3MMwsRexT9Oagsl0C8FFXrUwDwYDVR0TAQH/BAUwAwEB/zAPBgNVHREECDAG
hwR/AAABMAoGCCqGSM49BAMCA0kAMEYCIQDl1SZgXm+jvI2/w4OmPP1/MBMx1tZE
4gAkOuW3tb9I2wIhAN6XeMt2WUwvf1fzMwO2eZS8lTgvN2ITVud/H9uq50lw
-----END CERTIFICATE-----
`,
} as const
