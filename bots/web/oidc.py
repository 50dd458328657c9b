"""OpenID Connect: a code with PKCE for claims whose issuer, audience, time and nonce were checked."""

from __future__ import annotations

import warnings
from typing import Any

from bots.web.config import Oidc
from bots.web.store import Flow

_SECONDS = 10.0
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures by the provider's private key; none, and none by a shared secret, are not taken."""


class OidcError(Exception):
    """Somebody could not be signed in; the text says why, and holds nothing of theirs."""


class Provider:
    """One provider. Its own description is read anew for each log-in: keys change."""

    def __init__(self, oidc: Oidc) -> None:
        """Speak to the provider of `oidc`."""
        self.oidc = oidc

    async def address(self, callback: str, state: str, nonce: str, verifier: str) -> str:
        """Give the address at which a person logs in."""
        async with self._client(callback) as client:
            about = await self._about(client)
            address, _ = client.create_authorization_url(
                _endpoint(about, "authorization_endpoint"),
                state=state,
                nonce=nonce,
                code_verifier=verifier,
            )
        return str(address)

    async def claims(self, callback: str, code: str, flow: Flow) -> dict[str, Any]:
        """Change a code into checked claims about a person."""
        from joserfc.errors import JoseError  # noqa: PLC0415  only log-ins need it

        async with self._client(callback) as client:
            about = await self._about(client)
            try:
                token = await client.fetch_token(
                    _endpoint(about, "token_endpoint"),
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=flow.verifier,
                )
                keys = (await client.request("GET", about["jwks_uri"], withhold_token=True)).json()
            except Exception as error:
                raise OidcError("the provider did not take the log-in") from error
        try:
            return self._checked(token.get("id_token"), keys, flow.nonce, about)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise OidcError("what the provider said of you cannot be trusted") from error

    def _checked(
        self, id_token: object, keys: Any, nonce: str, about: dict[str, Any]
    ) -> dict[str, Any]:
        from joserfc import jwt  # noqa: PLC0415
        from joserfc.jwk import KeySet  # noqa: PLC0415

        if not isinstance(id_token, str):
            raise TypeError("no id token")
        decoded = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)
        jwt.JWTClaimsRegistry(
            leeway=60,
            iss={"essential": True, "value": about["issuer"]},
            aud={"essential": True, "value": self.oidc.client_id},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
        ).validate(decoded.claims)
        party = decoded.claims.get("azp")
        if party is not None and party != self.oidc.client_id:
            raise ValueError("meant for somebody else")
        return dict(decoded.claims)

    def _client(self, callback: str) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Authlib speaks of its own future
            from authlib.integrations.httpx_client import (  # type: ignore[import-untyped]  # noqa: PLC0415
                AsyncOAuth2Client,
            )

        return AsyncOAuth2Client(
            self.oidc.client_id,
            self.oidc.secret(),
            redirect_uri=callback,
            scope=self.oidc.scopes,
            code_challenge_method="S256",
            timeout=_SECONDS,
            follow_redirects=False,
        )

    async def _about(self, client: Any) -> dict[str, Any]:
        address = f"{self.oidc.issuer}/.well-known/openid-configuration"
        try:
            about = (await client.request("GET", address, withhold_token=True)).json()
        except Exception as error:
            raise OidcError("the provider cannot be reached") from error
        if not isinstance(about, dict) or str(about.get("issuer", "")).rstrip("/") != (
            self.oidc.issuer
        ):
            raise OidcError("the provider calls itself by another name")
        return about


def _endpoint(about: dict[str, Any], name: str) -> str:
    value = about.get(name)
    if not isinstance(value, str):
        raise OidcError(f"the provider names no {name}")
    return value
